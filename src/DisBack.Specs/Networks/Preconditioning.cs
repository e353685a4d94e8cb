namespace DisBack.Specs.Networks;

/// <summary>How the raw network F becomes the denoiser D (Karras et al. 2022, Table 1).</summary>
public enum Preconditioning
{
    /// <summary>EDM: unit variance in and out at every noise level.</summary>
    Edm,

    /// <summary>Variance preserving (DDPM++ of Song et al.): the network predicts the noise.</summary>
    Vp,

    /// <summary>Variance exploding (NCSN++ of Song et al.).</summary>
    Ve,

    /// <summary>Improved DDPM (Nichol and Dhariwal): a table of noise levels, half of the output channels ignored.</summary>
    Iddpm,
}
