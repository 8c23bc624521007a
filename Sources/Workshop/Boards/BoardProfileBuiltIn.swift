extension BoardProfile {
    /// The files of `Boards/`, compiled in, so that the program needs no folder beside it. Sorted by name.
    static let builtIn: [(name: String, yaml: [UInt8])] = [
        ("banana-pi-f3", PackageResources.banana_pi_f3_yaml),
        ("beagleplay", PackageResources.beagleplay_yaml),
        ("generic-aarch64", PackageResources.generic_aarch64_yaml),
        ("generic-armv7", PackageResources.generic_armv7_yaml),
        ("generic-riscv64", PackageResources.generic_riscv64_yaml),
        ("generic-x86-64", PackageResources.generic_x86_64_yaml),
        ("host", PackageResources.host_yaml),
        ("licheepi-4a", PackageResources.licheepi_4a_yaml),
        ("luckfox-pico", PackageResources.luckfox_pico_yaml),
        ("milk-v-duo-s-arm", PackageResources.milk_v_duo_s_arm_yaml),
        ("milk-v-duo-s-riscv", PackageResources.milk_v_duo_s_riscv_yaml),
        ("orange-pi-5", PackageResources.orange_pi_5_yaml),
        ("radxa-zero-3w", PackageResources.radxa_zero_3w_yaml),
        ("raspberry-pi-3b-plus", PackageResources.raspberry_pi_3b_plus_yaml),
        ("raspberry-pi-4", PackageResources.raspberry_pi_4_yaml),
        ("raspberry-pi-5", PackageResources.raspberry_pi_5_yaml),
        ("raspberry-pi-zero-2-w", PackageResources.raspberry_pi_zero_2_w_yaml),
        ("visionfive-2", PackageResources.visionfive_2_yaml),
    ]
}
