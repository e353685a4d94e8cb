namespace DisBack.Distillation.Runs;

/// <summary>One point of one curve.</summary>
/// <param name="Step">The step, from 1, that it was measured in.</param>
/// <param name="Name">For example <c>loss/fake</c>.</param>
/// <param name="Value">The value.</param>
public readonly record struct Measurement(long Step, string Name, double Value);
