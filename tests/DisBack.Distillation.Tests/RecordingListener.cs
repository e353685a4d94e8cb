using DisBack.Distillation.Runs;

namespace DisBack.Distillation.Tests;

/// <summary>Keeps what a run reported.</summary>
internal class RecordingListener : ITrainingListener
{
    private int _asked;

    public List<Measurement> Measurements { get; } = [];

    public List<(int Index, long Step, double Loss)> Nodes { get; } = [];

    /// <summary>How far the weights and the outputs of each node are from those of the one before.</summary>
    public List<(double Weights, double Outputs)> Distances { get; } = [];

    public List<TargetSwitch> Switches { get; } = [];

    /// <summary>Milestones that are neither.</summary>
    public List<Milestone> Others { get; } = [];

    public Dictionary<string, byte[]> Artifacts { get; } = [];

    /// <summary>Whether it wants a checkpoint after every other step.</summary>
    public bool WantsMore { get; init; }

    public bool WantsCheckpoint => WantsMore && _asked++ % 2 == 1;

    /// <summary>Copies of the states of all checkpoints.</summary>
    public List<(long Step, RunState State)> Checkpoints { get; } = [];

    public void Measured(IReadOnlyList<Measurement> measurements) => Measurements.AddRange(measurements);

    public void Reached(Milestone milestone)
    {
        if (RecordedNode.Of(milestone) is { } node)
        {
            Record(node);
            Distances.Add((node.WeightDistance, node.OutputDistance));
        }
        else if (TargetSwitch.Of(milestone) is { } change)
        {
            Switches.Add(change);
        }
        else
        {
            Others.Add(milestone);
        }
    }

    public void ArtifactMade(string name, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        Artifacts[name] = stream.ToArray();
    }

    protected virtual void Record(RecordedNode node) => Nodes.Add((node.Index, node.Step, node.Loss));

    /// <summary>Copies as late as it may, so that a run that changes its state without waiting leaves wrong copies.</summary>
    public Action CheckpointDue(long step, RunState state)
    {
        var isCopied = false;
        return () =>
        {
            if (!isCopied)
            {
                isCopied = true;
                var copies = state.Tensors.Select(tensor => (tensor.Name, tensor.Value.clone().DetachFromDisposeScope()));
                Checkpoints.Add((step, state with { Tensors = [.. copies] }));
            }
        };
    }
}
