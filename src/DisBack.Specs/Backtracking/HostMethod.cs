namespace DisBack.Specs.Backtracking;

/// <summary>
/// The score-distillation method that DisBack supplies with targets: what it pushes into the generated image x0 (Eq. 8 and its published normalisers).
/// </summary>
public enum HostMethod
{
    /// <summary>DMD's normalised distribution matching: (D_phi - D_i) / (mean |x0 - D_i| + 1e-6), per sample.</summary>
    Dmd,

    /// <summary>Diff-Instruct: D_phi - D_i, that is Eq. (8) with w = sigma^2.</summary>
    DiffInstruct,

    /// <summary>Plain Eq. (8): (D_phi - D_i) / sigma^2.</summary>
    Score,
}
