using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Recording;

/// <summary>After which steps of stage 1 a node is recorded. The teacher (step 0) and the last step always are.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "policy")]
[JsonDerivedType(typeof(EveryInterval), "every")]
[JsonDerivedType(typeof(LogSpaced), "log-spaced")]
[JsonDerivedType(typeof(WhenMoved), "moved")]
[JsonDerivedType(typeof(WhenChanged), "changed")]
public abstract record RecordingPolicy
{
    /// <summary>Whether the steps of the nodes follow from the settings alone.</summary>
    [JsonIgnore]
    public virtual bool IsForeseeable => true;

    /// <summary>Whether the network that has made <paramref name="step"/> steps becomes a node.</summary>
    /// <param name="step">Steps made, from 1.</param>
    /// <param name="distance">How far the network is from the newest node.</param>
    public abstract bool Records(long step, NodeDistance distance);
}

/// <summary>How far a network is from the newest node; each is computed only where it decides.</summary>
/// <param name="Weights">Relative L2 distance of the weights, ||w - w_node|| / ||w_node||.</param>
/// <param name="Outputs">Mean |D - D_node| over mean |x0 - D_node| on fixed noisy samples of the student.</param>
public readonly record struct NodeDistance(Func<double> Weights, Func<double> Outputs);

/// <summary>A node after every <c>interval</c> steps, as the paper records it.</summary>
public sealed record EveryInterval : RecordingPolicy
{
    /// <summary>Steps between two nodes.</summary>
    [Range(1, int.MaxValue)]
    public int Interval { get; init; } = 10;

    /// <inheritdoc/>
    public override bool Records(long step, NodeDistance distance) => step % Interval == 0;
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
    public override bool Records(long step, NodeDistance distance)
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
    [JsonIgnore]
    public override bool IsForeseeable => false;

    /// <inheritdoc/>
    public override bool Records(long step, NodeDistance distance) => distance.Weights() >= Distance;
}

/// <summary>
/// A node whenever what the network says has changed by <c>distance</c> from the newest node: the mean difference of the denoised images, relative to their
/// error, on noisy samples of the untrained student that stay the same. Each step takes one more evaluation of the network.
/// </summary>
/// <remarks>At a high learning rate what the network says wanders from step to step, and a node may follow a node.</remarks>
public sealed record WhenChanged : RecordingPolicy
{
    /// <summary>Relative difference of the denoised images between neighbouring nodes.</summary>
    [Range(1e-6, 10.0)]
    public double Distance { get; init; } = 0.5;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsForeseeable => false;

    /// <inheritdoc/>
    public override bool Records(long step, NodeDistance distance) => distance.Outputs() >= Distance;
}
