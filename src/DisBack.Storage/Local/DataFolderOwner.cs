namespace DisBack.Storage.Local;

/// <summary>Who works in a data folder, and how to reach it.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="StartedAt">When it took the folder.</param>
/// <param name="Command">What it was asked to do, as a person would type it.</param>
/// <param name="Gateway">Where it answers, once it does: an Orleans gateway as <c>host:port</c>.</param>
/// <param name="ClusterId">The Orleans cluster behind the gateway.</param>
public sealed record DataFolderOwner(int ProcessId, DateTimeOffset StartedAt, string Command, string? Gateway = null, string? ClusterId = null);

/// <summary>Another living process works in the data folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="owner">That process; null if it has not written it yet.</param>
public sealed class DataFolderInUseException(string folder, DataFolderOwner? owner) : StorageException(
    owner is null
        ? $"The data folder '{folder}' is in use by another process; wait for it, stop it, or name another folder with --data."
        : $"The data folder '{folder}' is in use by process {owner.ProcessId} (`{owner.Command}`, since {owner.StartedAt:u}); wait for it, stop it with "
            + $"`kill -INT {owner.ProcessId}`, or name another folder with --data.")
{
    /// <summary>The process that works in the folder; null if it has not written it yet.</summary>
    public DataFolderOwner? Owner { get; } = owner;
}
