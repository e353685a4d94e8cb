namespace DisBack.Specs;

/// <summary>
/// A setting that names a file of the submitter's machine, or stored content by its digest (<see cref="ContentRef.Name"/>). Whoever submits puts such a file
/// into the content store and names it by its digest from then on: a cluster opens no path that a spec names.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NamesFileAttribute : Attribute
{
    /// <summary>The values that the program knows itself and that are neither a file nor stored content.</summary>
    public string[] Known { get; init; } = [];
}
