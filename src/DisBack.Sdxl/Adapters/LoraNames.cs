namespace DisBack.Sdxl.Adapters;

/// <summary>How the names of a LoRA's tensors end, which is all that is taken apart of them.</summary>
internal static class LoraNames
{
    /// <summary>Of peft, of kohya's trainer and of three ages of diffusers.</summary>
    private static readonly (string Ending, LoraRole Role)[] s_endings =
    [
        (".lora_A.weight", LoraRole.Down), (".lora_B.weight", LoraRole.Up),
        (".lora_A.default.weight", LoraRole.Down), (".lora_B.default.weight", LoraRole.Up),
        (".lora_down.weight", LoraRole.Down), (".lora_up.weight", LoraRole.Up), (".alpha", LoraRole.Alpha),
        (".lora.down.weight", LoraRole.Down), (".lora.up.weight", LoraRole.Up),
        (".lora_linear_layer.down.weight", LoraRole.Down), (".lora_linear_layer.up.weight", LoraRole.Up),
        ("_lora.down.weight", LoraRole.Down), ("_lora.up.weight", LoraRole.Up),
    ];

    private static readonly (string Part, string Family)[] s_families =
    [
        ("hada_", "LoHa"), ("lokr_", "LoKr"), ("dora_scale", "DoRA"), ("lora_magnitude_vector", "DoRA"), ("lora_mid", "LoCon with a third factor"),
        ("oft_", "OFT"),
    ];

    /// <summary>The module and the role that a tensor's name says.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="DisBackException">It says none: the file is of another family.</exception>
    public static (string Module, LoraRole Role) Split(string name, string path)
    {
        foreach (var (part, family) in s_families)
        {
            if (name.Contains(part, StringComparison.Ordinal))
            {
                throw new DisBackException($"'{path}' holds a {family}, as its tensor '{name}' shows, and this build knows LoRA alone: choose a LoRA.");
            }
        }
        foreach (var (ending, role) in s_endings)
        {
            if (name.EndsWith(ending, StringComparison.Ordinal))
            {
                return (name[..^ending.Length], role);
            }
        }
        throw new DisBackException($"Tensor '{name}' of '{path}' has no part in a LoRA, whose names end in {s_endings[0].Ending}, "
            + $"{s_endings[4].Ending} or the like: the file holds something else.");
    }
}
