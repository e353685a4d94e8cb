using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Recording;

/// <summary>After which steps of stage 1 a node is recorded. The teacher (step 0) and the last step always are.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "policy")]
[JsonDerivedType(typeof(EveryInterval), "every")]
[JsonDerivedType(typeof(LogSpaced), "log-spaced")]
[JsonDerivedType(typeof(WhenMoved), "moved")]
public abstract record RecordingPolicy
{
    /// <summary>Whether the network that has made <paramref name="step"/> steps becomes a node.</summary>
    /// <param name="step">Steps made, from 1.</param>
    /// <param name="distance">Relative L2 distance of the weights to the newest node, ||w - w_node|| / ||w_node||; evaluated only where it decides.</param>
    public abstract bool Records(long step, Func<double> distance);
}

/// <summary>A node after every <c>interval</c> steps, as the paper records it.</summary>
public sealed record EveryInterval : RecordingPolicy
{
    /// <summary>Steps between two nodes.</summary>
    [Range(1, int.MaxValue)]
    public int Interval { get; init; } = 10;

    /// <inheritdoc/>
    public override bool Records(long step, Func<double> distance) => step % Interval == 0;
}

/// <summary>Nodes after first, first*ratio, first*ratio^2, ... steps: dense where the network forgets fastest.</summary>
public sealed record LogSpaced : RecordingPolicy
{
    /// <summary>The step of the first node after the teacher.</summary>
    [Range(1, int.MaxValue)]
    public int First { get; init; } = 4;

    /// <summary>How much later each node lies than the one before.</summary>
    [Range(1.01, 100.0)]
    public double Ratio { get; init; } = 2;

    /// <inheritdoc/>
    public override bool Records(long step, Func<double> distance)
    {
        for (double at = First; Math.Round(at) <= step; at *= Ratio)
        {
            if ((long)Math.Round(at) == step)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A node whenever the weights have moved by <c>distance</c> (relative L2) from the newest node: the path's length becomes an outcome.</summary>
public sealed record WhenMoved : RecordingPolicy
{
    /// <summary>Relative L2 distance between neighbouring nodes.</summary>
    [Range(1e-6, 10.0)]
    public double Distance { get; init; } = 0.02;

    /// <inheritdoc/>
    public override bool Records(long step, Func<double> distance) => distance() >= Distance;
}
