/* GPIO chips in memory, for tests: levels change when the test says so. */
#ifndef FAKE_LINES_H
#define FAKE_LINES_H

#include <oc_gpio.h>
#include <stdint.h>

/* Installs the chips, of which there are none. */
void fake_lines_begin(void);
/* Takes them out again: lines still held. */
int fake_lines_end(void);

/* A chip `.../gpiochipN` with eight lines that have no names. */
void fake_lines_plug(int number, const char *label);
/* Goes, with an error for all who hold lines. */
void fake_lines_unplug(int number);
void fake_lines_name(int number, uint32_t offset, const char *name);

/* The electric level of an input, with an edge if it changes; `quiet`: the edge gets lost. */
void fake_lines_drive(int number, uint32_t offset, int high, int64_t time, int quiet);
/* Of an output; -1: nobody holds the line. */
int fake_lines_level(int number, uint32_t offset);
/* How the line was asked for: oc_gpio_bias. */
int fake_lines_bias(int number, uint32_t offset);
/* The line belongs to somebody else. */
void fake_lines_occupy(int number, uint32_t offset, int occupied);

#endif
