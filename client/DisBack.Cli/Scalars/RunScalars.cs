using DisBack.Cli.Installations;
using DisBack.Storage;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Scalars;

/// <summary>
/// The files of one run, in a folder of its own. The folder has its name when all that the run had measured is in it: who is interrupted before leaves nothing
/// under it.
/// </summary>
internal sealed class RunScalars : IDisposable
{
    private readonly string _folder;
    private readonly string _temporary;
    private ScalarFile? _file;
    private long _lastStep = long.MinValue;

    /// <param name="folder">The folder of the run's files, which must not be there.</param>
    public RunScalars(string folder) => (_folder, _temporary) = (folder, $"{folder}.{Guid.NewGuid():N}.tmp");

    /// <summary>The step of the head checkpoint when the history was read last.</summary>
    public long? Head { get; set; }

    /// <summary>How many values were written.</summary>
    public long Values { get; private set; }

    /// <summary>Adds what a run has measured since the last time.</summary>
    /// <param name="run">Where the run stands.</param>
    /// <param name="history">What it has measured; nothing is made for a run that has measured nothing.</param>
    /// <param name="format">The form of the files.</param>
    /// <param name="isWhole">Whether no more comes of the newest step.</param>
    /// <exception cref="StorageException">The files cannot be written.</exception>
    public void Write(RunTarget run, MetricHistory history, ScalarFormat format, bool isWhole)
    {
        try
        {
            // What a later attempt has measured again is what an earlier one had measured, and already there.
            foreach (var row in ScalarRow.Of(history, _lastStep, isWhole))
            {
                _file ??= Open(run, row.Times.Min(), format);
                _file.Append(row);
                _lastStep = row.Step;
                Values += row.Points.Count + row.Events.Count;
            }
            if (_file is null)
            {
                return;
            }
            if (Directory.Exists(_temporary))
            {
                _file.Flush(_temporary, run);
                Directory.Move(_temporary, _folder);
            }
            else
            {
                _file.Flush(_folder, run);
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The scalars of {run.Id} cannot be written to '{_folder}': {cause.Message.TrimEnd('.')}; free some space or "
                + "check the folder's permissions, then repeat the command for this run and those after it.", cause);
        }
    }

    /// <summary>Closes the files; those of a folder that has no name yet are deleted.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        if (Directory.Exists(_temporary))
        {
            Directory.Delete(_temporary, recursive: true);
        }
    }

    private ScalarFile Open(RunTarget run, DateTimeOffset began, ScalarFormat format)
    {
        Directory.CreateDirectory(_temporary);
        return format == ScalarFormat.Tensorboard ? new EventFile(_temporary, began) : new HistoryFile(_temporary, run);
    }
}
