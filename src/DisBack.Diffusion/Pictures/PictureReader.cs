using DisBack.Specs.Files;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Pictures;

/// <summary>Reads pictures as the levels that are stored in them, upright as EXIF says: alpha and colour profiles are ignored.</summary>
public static class PictureReader
{
    /// <summary>What the names of files that it reads end with, for messages.</summary>
    public const string Extensions = ".png, .jpg, .jpeg, .jfif, .webp, .bmp";

    /// <summary>The most bytes of a file that is read.</summary>
    public const long MostFileBytes = 256 << 20;

    /// <summary>Whether the name of a file is that of a picture it reads.</summary>
    public static bool Reads(string path) => Path.GetExtension(path).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg" or ".jfif" or ".webp" or ".bmp";

    /// <summary>The picture in a file, uint8 [3, H, W].</summary>
    /// <exception cref="DisBackException">The file is missing or no regular file, is no picture of a kind that is read, is animated, or is damaged.</exception>
    public static Tensor Read(string path) => Read(RegularFile.ReadAllBytes(path, MostFileBytes), path);

    /// <summary>The picture in memory, uint8 [3, H, W]; errors call it <paramref name="name"/>.</summary>
    /// <exception cref="DisBackException">The bytes are no picture of a kind that is read, are animated, or are damaged.</exception>
    public static Tensor Read(byte[] bytes, string name)
    {
        using var scope = NewDisposeScope();
        var (rgba, origin) = Decode(bytes, name);
        // A decoder makes up a colour for an index that has none: such an index is seen by giving it two.
        if (FillPalette(bytes, 0) is { } black && !Decode(black, name).Rgba.bytes.SequenceEqual(Decode(FillPalette(bytes, 255)!, name).Rgba.bytes))
        {
            throw new DisBackException($"{name} is damaged: a pixel has a colour that its palette lacks; replace it.");
        }
        return Upright(rgba.narrow(2, 0, 3).permute(2, 0, 1), origin).contiguous().MoveToOuterDisposeScope();
    }

    private static (Tensor Rgba, SKEncodedOrigin Origin) Decode(byte[] bytes, string name)
    {
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data);
        if (codec is not { EncodedFormat: SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp or SKEncodedImageFormat.Bmp })
        {
            throw new DisBackException($"{name} is no readable picture ({Extensions}): remove it or replace it.");
        }
        if (codec.FrameCount > 1 || IsAnimatedPng(bytes))
        {
            throw new DisBackException($"{name} is animated, and which of its pictures is meant is not known: save the one that is, or remove the file.");
        }
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        // The header is believed before a pixel is decoded and may claim anything; what photographs compress to bounds what is plausible.
        var most = 8L * bytes.Length + (64 << 20);
        if (info.BytesSize64 > most)
        {
            throw new DisBackException($"{name} claims {info.Width}x{info.Height} pixels in {bytes.Length:N0} bytes, where at most {most / 4:N0} are read: "
                + "scale it down, or replace a damaged one.");
        }
        var rgba = empty([info.Height, info.Width, 4], uint8);
        SKCodecResult result;
        unsafe
        {
            fixed (byte* pixels = rgba.bytes)
            {
                result = codec.GetPixels(info, (nint)pixels);
            }
        }
        return result == SKCodecResult.Success ? (rgba, codec.EncodedOrigin) : throw new DisBackException($"{name} is damaged or truncated: replace it.");
    }

    /// <summary>Whether a PNG says how many frames its animation has. The decoder knows only its first picture.</summary>
    private static bool IsAnimatedPng(ReadOnlySpan<byte> png) => png.StartsWith(PngChunk.Signature) && PngChunk.TryFind(png, "acTL"u8, out _, out _);

    /// <summary>A PNG whose palette is filled up with one level to a colour for every index; null where every index has one.</summary>
    private static byte[]? FillPalette(ReadOnlySpan<byte> png, byte level)
    {
        // The first chunk has the bit depth and the colour type.
        const int bitDepthAt = 24, colorTypeAt = 25, indexed = 3;
        if (png.Length <= colorTypeAt || !png.StartsWith(PngChunk.Signature) || png[colorTypeAt] != indexed || png[bitDepthAt] > 8)
        {
            return null;
        }
        var whole = 3 << png[bitDepthAt];
        return PngChunk.TryFind(png, "PLTE"u8, out var chunk, out var at) && chunk.Body.Length < whole
            ? [.. png[..at], .. PngChunk.Make("PLTE"u8, Filled(chunk.Body)), .. png[(at + chunk.Length)..]]
            : null;

        byte[] Filled(ReadOnlySpan<byte> palette)
        {
            var filled = new byte[whole];
            filled.AsSpan().Fill(level);
            palette.CopyTo(filled);
            return filled;
        }
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
