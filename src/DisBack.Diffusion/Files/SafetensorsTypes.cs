using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>Element types of safetensors files as libtorch's.</summary>
internal static class SafetensorsTypes
{
    private static readonly Dictionary<ElementType, ScalarType> s_scalars = new()
    {
        [ElementType.F64] = ScalarType.Float64,
        [ElementType.F32] = ScalarType.Float32,
        [ElementType.F16] = ScalarType.Float16,
        [ElementType.BF16] = ScalarType.BFloat16,
        [ElementType.I64] = ScalarType.Int64,
        [ElementType.I32] = ScalarType.Int32,
        [ElementType.I16] = ScalarType.Int16,
        [ElementType.I8] = ScalarType.Int8,
        [ElementType.U8] = ScalarType.Byte,
        [ElementType.BOOL] = ScalarType.Bool,
    };

    private static readonly Dictionary<ScalarType, ElementType> s_elements = s_scalars.ToDictionary(type => type.Value, type => type.Key);

    public static ScalarType Scalar(this ElementType type) => s_scalars[type];

    public static ElementType Element(this ScalarType type) =>
        s_elements.TryGetValue(type, out var element) ? element : throw new NotSupportedException($"A safetensors file cannot hold elements of type {type}.");
}
