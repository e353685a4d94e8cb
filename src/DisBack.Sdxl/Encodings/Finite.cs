using DisBack.Diffusion.Files;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Encodings;

/// <summary>Rows whose values are numbers, in the type of a file as well.</summary>
internal static class Finite
{
    /// <summary>Writes rows.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The tensor.</param>
    /// <param name="rows">Its next rows.</param>
    /// <param name="type">The type that they have in the file.</param>
    /// <param name="what">What they are, for messages.</param>
    /// <exception cref="DisBackException">A value is none.</exception>
    public static void Write(SafetensorsRows file, string name, Tensor rows, ElementType type, string what)
    {
        using var scope = NewDisposeScope();
        var kept = type == ElementType.F16 ? rows.to(ScalarType.Float16) : rows;
        if (!kept.isfinite().all().item<bool>())
        {
            throw new DisBackException(rows.isfinite().all().item<bool>()
                ? $"{what} exceeds float16: encode as float32."
                : $"{what} is no number: get the files that it comes from again.");
        }
        file.Write(name, kept);
    }
}
