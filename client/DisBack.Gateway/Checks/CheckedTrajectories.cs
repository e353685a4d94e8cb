namespace DisBack.Gateway.Checks;

/// <summary>How many trajectories a spec needs.</summary>
/// <param name="New">Those that would be recorded.</param>
/// <param name="Existing">Those that are there already.</param>
internal sealed record CheckedTrajectories(int New, int Existing);
