namespace DisBack.Client.Curves;

/// <summary>What the curves of runs are laid over: how far a run has come, or what it has used.</summary>
public enum PlaceKind
{
    /// <summary>Steps of stage 2.</summary>
    Step,

    /// <summary>Images that the student has made for training: steps times batch.</summary>
    Images,

    /// <summary>Time that attempts have had slots, once for each slot.</summary>
    DeviceSeconds,

    /// <summary>Time since the run was submitted.</summary>
    WallTime,

    /// <summary>The node of the trajectory that the student walks towards.</summary>
    Position,
}
