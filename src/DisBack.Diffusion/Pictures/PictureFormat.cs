namespace DisBack.Diffusion.Pictures;

/// <summary>The kinds of picture file that can be written.</summary>
public enum PictureFormat
{
    /// <summary>PNG, without loss.</summary>
    Png,

    /// <summary>JPEG, with a little loss.</summary>
    Jpeg,
}

/// <summary>Questions about a <see cref="PictureFormat"/>.</summary>
public static class PictureFormats
{
    /// <summary>The format that the extension of a file's name asks for, in any case.</summary>
    /// <exception cref="DisBackException">No picture with that extension can be written.</exception>
    public static PictureFormat Of(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".png" => PictureFormat.Png,
        ".jpg" or ".jpeg" => PictureFormat.Jpeg,
        "" => throw new DisBackException($"'{Path.GetFileName(path)}' has no extension that says which picture to write; add .png, .jpg or .jpeg."),
        var other => throw new DisBackException($"Pictures cannot be written as '{other}'; give a file that ends in .png, .jpg or .jpeg."),
    };
}
