using System.Runtime.InteropServices;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Pictures;

/// <summary>Reads PNG and JPEG as the levels that are stored in them, upright as EXIF says: alpha and colour profiles are ignored.</summary>
public static class PictureReader
{
    /// <summary>The most pixels of a picture: its header is believed before a byte of it is read, and may claim anything.</summary>
    private const long MostPixels = 100_000_000;

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
        if ((long)codec.Info.Width * codec.Info.Height is > MostPixels and var pixels)
        {
            throw new DisBackException($"{name} has {pixels:N0} pixels, and a picture may have {MostPixels:N0}: scale it down, or replace a damaged one.");
        }
        using var bitmap = new SKBitmap(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success)
        {
            throw new DisBackException($"{name} is damaged or truncated: replace it.");
        }
        using var scope = NewDisposeScope();
        var rgba = tensor(MemoryMarshal.AsBytes(bitmap.GetPixelSpan()).ToArray(), [bitmap.Height, bitmap.Width, 4], uint8);
        return Upright(rgba.narrow(2, 0, 3).permute(2, 0, 1), codec.EncodedOrigin).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Turns [3, H, W] as the camera was held; origins 5 to 8 exchange height and width.</summary>
    private static Tensor Upright(Tensor picture, SKEncodedOrigin origin) => origin switch
    {
        SKEncodedOrigin.TopRight => picture.flip(2),
        SKEncodedOrigin.BottomRight => picture.flip(1, 2),
        SKEncodedOrigin.BottomLeft => picture.flip(1),
        SKEncodedOrigin.LeftTop => picture.transpose(1, 2),
        SKEncodedOrigin.RightTop => picture.transpose(1, 2).flip(2),
        SKEncodedOrigin.RightBottom => picture.transpose(1, 2).flip(1, 2),
        SKEncodedOrigin.LeftBottom => picture.transpose(1, 2).flip(1),
        _ => picture,
    };
}
