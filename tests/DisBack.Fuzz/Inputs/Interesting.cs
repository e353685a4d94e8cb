namespace DisBack.Fuzz.Inputs;

/// <summary>Values at which readers count wrongly: the ends of the integer types, sizes that no file has, and what is easily taken for something else.</summary>
internal static class Interesting
{
    public static readonly long[] Integers =
    [
        0, 1, -1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 255, 256, 257, 4095, 4096, 4097, 32767, 32768, 65535, 65536, 100_000_000, 100_000_001,
        int.MaxValue, int.MinValue, 1L << 31, uint.MaxValue, 1L << 32, (1L << 53) + 1, long.MaxValue / 4 + 1, long.MaxValue - 8, long.MaxValue, long.MinValue,
    ];

    /// <summary>Numbers as text, in JSON and in YAML.</summary>
    public static readonly string[] Numbers =
    [
        .. Integers.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        "9223372036854775808", "18446744073709551616", "1e4", "1e308", "1e309", "-1e309", "1e-400", "0.1", "-0", "00", "0x7fffffff", "0o777", "1_000", "10k",
        "NaN", "Infinity", "\"NaN\"", "\"-Infinity\"", ".inf", ".nan", new string('9', 400),
    ];

    /// <summary>Values of any kind, in JSON and in YAML.</summary>
    public static readonly string[] Values =
    [
        "null", "true", "false", "~", "\"\"", "{}", "[]", "[null]", "[[]]", "[{}]", "{\"a\":null}", "\"\\ud800\"", "\"\\u0000\"", "'",
        "*a", "&a", "!!int x", "<<",
        "\"sha256:0\"", "\"../../x\"", "2020-13-45T99:99:99Z", "\"9999-12-31T23:59:59.9999999+14:00\"",
    ];
}
