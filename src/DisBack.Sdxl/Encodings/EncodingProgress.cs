namespace DisBack.Sdxl.Encodings;

/// <summary>What an encoding does.</summary>
public enum EncodingPhase
{
    /// <summary>Pictures and their captions are read, to know how many there are.</summary>
    Listing,

    /// <summary>Texts are encoded.</summary>
    Texts,

    /// <summary>Pictures are encoded.</summary>
    Pictures,

    /// <summary>Rows of files that hold latents already are copied.</summary>
    Latents,

    /// <summary>The digest of the file is computed: progress counts bytes.</summary>
    Digest,
}

/// <summary>How far an encoding is.</summary>
/// <param name="Phase">What it does.</param>
/// <param name="Done">How much of that is done.</param>
/// <param name="Of">How much there is.</param>
public readonly record struct EncodingProgress(EncodingPhase Phase, long Done, long Of);
