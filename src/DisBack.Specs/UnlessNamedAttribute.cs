namespace DisBack.Specs;

/// <summary>Which of the choices of a polymorphic section is meant where a spec does not name one.</summary>
/// <param name="type">The derived record.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class UnlessNamedAttribute(Type type) : Attribute
{
    /// <summary>The derived record.</summary>
    public Type Type { get; } = type;
}
