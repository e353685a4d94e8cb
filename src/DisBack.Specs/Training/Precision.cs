namespace DisBack.Specs.Training;

/// <summary>
/// How exactly networks compute. Weights, gradients of weights, optimizers, averages, losses, preconditioning and files are float32 with each, but for the
/// weights of a frozen target.
/// </summary>
public enum Precision
{
    /// <summary>IEEE single precision throughout.</summary>
    Fp32,

    /// <summary>Factors of products and convolutions are rounded to 10 bits of fraction, sums are float32. CUDA devices only.</summary>
    Tf32,

    /// <summary>bfloat16: the blocks of a network compute with 7 bits of fraction, what they embed with float32, as EDM does with float16.</summary>
    Bf16,
}
