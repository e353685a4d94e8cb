using System.Runtime.InteropServices;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Pictures;

/// <summary>Reads PNG and JPEG as the levels that are stored in them: alpha and colour profiles are ignored.</summary>
public static class PictureReader
{
    /// <summary>The picture in a file, uint8 [3, H, W].</summary>
    /// <exception cref="DisBackException">The file is missing, is no PNG or JPEG, or is damaged.</exception>
    public static Tensor Read(string path)
    {
        using var codec = SKCodec.Create(path);
        return Read(codec, path);
    }

    /// <summary>The picture in memory, uint8 [3, H, W]; errors call it <paramref name="name"/>.</summary>
    /// <exception cref="DisBackException">The bytes are no PNG or JPEG, or are damaged.</exception>
    public static Tensor Read(byte[] bytes, string name)
    {
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data);
        return Read(codec, name);
    }

    private static Tensor Read(SKCodec? codec, string name)
    {
        if (codec is null)
        {
            throw new DisBackException($"{name} is no readable PNG or JPEG: remove it or replace it.");
        }
        using var bitmap = new SKBitmap(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success)
        {
            throw new DisBackException($"{name} is damaged or truncated: replace it.");
        }
        using var scope = NewDisposeScope();
        return tensor(MemoryMarshal.AsBytes(bitmap.GetPixelSpan()).ToArray(), [bitmap.Height, bitmap.Width, 4], uint8)
            .narrow(2, 0, 3).permute(2, 0, 1).contiguous().MoveToOuterDisposeScope();
    }
}
