using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>Numbers in a file, which tensors are views of.</summary>
/// <param name="Type">Element type; bytes for a storage without one.</param>
/// <param name="Elements">How many.</param>
internal sealed record TorchStorage(ElementType Type, long Elements)
{
    private const string Suffix = "Storage";

    private static readonly Dictionary<string, ElementType> s_types = new(StringComparer.Ordinal)
    {
        ["Double"] = ElementType.F64,
        ["Float"] = ElementType.F32,
        ["Half"] = ElementType.F16,
        ["BFloat16"] = ElementType.BF16,
        ["Long"] = ElementType.I64,
        ["Int"] = ElementType.I32,
        ["Short"] = ElementType.I16,
        ["Char"] = ElementType.I8,
        ["Byte"] = ElementType.U8,
        ["Bool"] = ElementType.BOOL,
        ["Untyped"] = ElementType.U8,
    };

    /// <summary>Where the first one lies in the file.</summary>
    public long Offset { get; set; }

    /// <summary>Its bytes.</summary>
    public long Bytes => Elements * Type.Bytes();

    /// <summary>The class, in the module <c>torch</c>, of a storage of a type.</summary>
    public static string NameOf(ElementType type) => s_types.First(known => known.Value == type).Key + Suffix;

    /// <summary>The type of the class of a storage, as in <c>torch.FloatStorage</c>; null for one that is not read.</summary>
    public static ElementType? TypeOf(string name) =>
        name.StartsWith("torch.", StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
        && s_types.TryGetValue(name[(name.LastIndexOf('.') + 1)..^Suffix.Length], out var type)
            ? type
            : null;
}
