using DisBack.Cli.Installations;

namespace DisBack.Cli.Scalars;

/// <summary>The scalars of a run in the form of another tool.</summary>
internal abstract class ScalarFile : IDisposable
{
    /// <summary>Adds what was measured at a step.</summary>
    public abstract void Append(ScalarRow row);

    /// <summary>Writes what was added.</summary>
    /// <param name="folder">The folder of the run's files, which is not where it was before.</param>
    /// <param name="run">Where the run stands.</param>
    public abstract void Flush(string folder, RunTarget run);

    public abstract void Dispose();
}
