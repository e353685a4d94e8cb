using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DisBack.Diffusion.Files.NumPy;

/// <summary>
/// The head of one array of NumPy's format (NEP 1): a magic number, the version, and a dictionary of Python that names type, order and extents. Nothing
/// of it is run; an array of objects, which is a pickle, has no type that is read.
/// </summary>
/// <param name="Type">Such as <c>&lt;f8</c>: byte order, kind and bytes of an element.</param>
/// <param name="IsColumnMajor">Whether the first extent varies fastest, as in Fortran.</param>
/// <param name="Shape">Extents; none for a single number.</param>
/// <param name="Start">Where the elements begin.</param>
internal sealed partial record NpyArray(string Type, bool IsColumnMajor, IReadOnlyList<long> Shape, int Start)
{
    private const int MostDimensions = 32;

    /// <summary>What the length of a head is a multiple of.</summary>
    private const int Alignment = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a head; null if there is none that is understood.</summary>
    public static NpyArray? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || !bytes.StartsWith(Magic))
        {
            return null;
        }
        // Version 1 has two bytes for the length of the dictionary, the later ones four.
        var (start, length) = bytes[6] switch
        {
            1 => (10, BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..])),
            2 or 3 => (12, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..])),
            _ => (0, uint.MaxValue),
        };
        if (length > bytes.Length - start || Dictionary().Match(Encoding.UTF8.GetString(bytes.Slice(start, (int)length))) is not { Success: true } found)
        {
            return null;
        }
        // A tuple ends with a comma if it has one element, and may do so otherwise.
        var extents = found.Groups["shape"].Value.TrimEnd(' ', ',').Split(',', StringSplitOptions.TrimEntries);
        var shape = extents is [""] ? [] : new long[extents.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape.Length > MostDimensions || !long.TryParse(extents[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]))
            {
                return null;
            }
        }
        return new(found.Groups["type"].Value, found.Groups["order"].Value == "True", shape, start + (int)length);
    }

    /// <summary>The head of an array of little-endian doubles in the order of its extents.</summary>
    public static byte[] HeadOfDoubles(IReadOnlyList<long> shape)
    {
        var text = $"{{'descr': '<f8', 'fortran_order': False, 'shape': ({string.Concat(shape.Select(extent => $"{extent}, "))}), }}";
        var length = (10 + text.Length + Alignment) / Alignment * Alignment;
        var head = new byte[length];
        Magic.CopyTo(head);
        head[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(8), (ushort)(length - 10));
        Encoding.ASCII.GetBytes(text.PadRight(length - 11) + '\n', head.AsSpan(10));
        return head;
    }

    // NumPy writes the keys in the order of the alphabet, and so does everyone who follows it.
    [GeneratedRegex(
        @"\A\{'descr': '(?<type>[<>|=][a-zA-Z][0-9]{0,5})', 'fortran_order': (?<order>True|False), 'shape': \((?<shape>[0-9, ]*)\), ?\}\s*\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Dictionary();
}
