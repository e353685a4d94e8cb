namespace DisBack.Cli.Scalars;

/// <summary>The form in which scalars are written.</summary>
internal enum ScalarFormat
{
    /// <summary>An event file of TensorBoard.</summary>
    Tensorboard,

    /// <summary>JSON lines with the keys of Weights &amp; Biases, and the spec and the last values beside them.</summary>
    Jsonl,
}
