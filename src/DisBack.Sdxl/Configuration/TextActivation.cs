namespace DisBack.Sdxl.Configuration;

/// <summary>What a text encoder applies between the two linear maps of a layer.</summary>
internal enum TextActivation
{
    /// <summary>x * sigmoid(1.702 x), of which the first text encoder of SDXL has been trained.</summary>
    QuickGelu,

    /// <summary>x * P(X &lt;= x) of a normal X, exactly.</summary>
    Gelu,
}
