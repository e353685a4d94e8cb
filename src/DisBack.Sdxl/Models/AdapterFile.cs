namespace DisBack.Sdxl.Models;

/// <summary>A file of low-rank adapters (LoRA).</summary>
/// <param name="Path">The file.</param>
/// <param name="Strength">What they are multiplied by beside their own scale; 1 is as they were trained.</param>
public sealed record AdapterFile(string Path, double Strength = 1);
