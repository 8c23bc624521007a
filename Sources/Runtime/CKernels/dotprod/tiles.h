/* The tiles of a convolution by panels, for the kernel set that includes this with
 *   OC_TARGET   the attribute of functions that have its instructions
 *   tile        an inline function: `rows` pixels (of two panels where there are more than four) with 4 `quads` channels
 *   OC_GROUP    bytes of a channel that one of its instructions takes
 * It makes the set's panel_set. */
OC_TARGET __attribute__((always_inline)) static inline void tiles(const oc_panel_block *shared, const int8_t *panels, size_t panel_bytes,
                                                                  int32_t count, uint8_t *out, const int quads, const oc_arm_mode mode) {
    const oc_panel_block block = *shared, *b = &block; /* in registers, whatever is stored */
    for (; count > 0; count--, panels += 2 * panel_bytes, out += OC_PANEL_TILE * b->store.stride) {
        tile(b, panels, panel_bytes, out, OC_PANEL_TILE, quads, mode);
    }
}

#define OC_TILES(name, quads, mode)                                                                                    \
    OC_TARGET static void name##_##quads(const oc_panel_block *b, const int8_t *panels, size_t panel_bytes, int32_t count, uint8_t *out) { \
        tiles(b, panels, panel_bytes, count, out, quads, mode);                                                        \
    }
OC_TILES(bare, 1, OC_ARM_BARE) OC_TILES(bare, 2, OC_ARM_BARE) OC_TILES(bare, 3, OC_ARM_BARE)
OC_TILES(plain, 1, OC_ARM_PLAIN) OC_TILES(plain, 2, OC_ARM_PLAIN) OC_TILES(plain, 3, OC_ARM_PLAIN)
OC_TILES(any, 1, OC_ARM_SLOW) OC_TILES(any, 2, OC_ARM_SLOW) OC_TILES(any, 3, OC_ARM_SLOW)

#define OC_TILE(rows, quads)                                                                                           \
    OC_TARGET static void rest_##rows##x##quads(const oc_panel_block *b, const int8_t *panel, size_t panel_bytes, uint8_t *out) { \
        tile(b, panel, panel_bytes, out, rows, quads, OC_ARM_SLOW);                                                    \
    }
#define OC_REST(rows) OC_TILE(rows, 1) OC_TILE(rows, 2) OC_TILE(rows, 3)
OC_REST(1) OC_REST(2) OC_REST(3) OC_REST(4)

static const oc_panel_set panel_set = {
    .group = OC_GROUP,
    .bare = {bare_1, bare_2, bare_3},
    .plain = {plain_1, plain_2, plain_3},
    .any = {any_1, any_2, any_3},
    .rest = {{rest_1x1, rest_1x2, rest_1x3}, {rest_2x1, rest_2x2, rest_2x3}, {rest_3x1, rest_3x2, rest_3x3}, {rest_4x1, rest_4x2, rest_4x3}},
};
