using DisBack.Diffusion.Files;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Tests.Oracles;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Pictures;

/// <summary>Decoded pictures get the levels of diffusers: round(255 clamp(y / 2 + 0.5, 0, 1)).</summary>
public sealed class PixelLevelTests
{
    [Theory]
    [InlineData("one_step")]
    [InlineData("four_step")]
    [InlineData("teacher_cfg")]
    public void A_picture_that_is_drawn_without_enlargement_has_the_levels_of_diffusers(string name)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "pipeline.safetensors"));
        var (decoded, expected) = (file.Read($"{name}.decoded"), file.Read($"{name}.uint8").to(ScalarType.Int32));
        for (var i = 0; i < decoded.shape[0]; i++)
        {
            var drawn = PictureReader.Read(ImageGrid.Png(decoded.narrow(0, i, 1), columns: 1, scale: 1, margin: 0), name);

            var differences = (drawn.to(ScalarType.Int32) - expected[i]).abs();
            // The same formula in another order differs where 255x ends on one half.
            Assert.InRange(differences.max().item<int>(), 0, 1);
            Assert.InRange(differences.sum().item<long>(), 0, 3);
        }
    }
}
