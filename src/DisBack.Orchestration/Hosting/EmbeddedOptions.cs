using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Hosting;

/// <summary>The one-process size.</summary>
public sealed class EmbeddedOptions
{
    /// <summary>The data folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>What this process does, as a person would type it; shown to others who find the folder in use.</summary>
    public string Command { get; init; } = "disback";

    /// <summary>Another blob store than the data folder. None unless set.</summary>
    public Action<BlobStoreOptions>? Blobs { get; init; }

    /// <summary>Changes to devices and times.</summary>
    public Action<TrainingOptions>? Training { get; init; }

    /// <summary>Changes to the retries. In this size a storage failure, a full disk above all, is reported at once instead of being tried again.</summary>
    public Action<RetryOptions>? Retry { get; init; }

    /// <summary>More services, for example exporters of telemetry.</summary>
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Whether all unfinished runs of the folder go on, and not only those that somebody asks for.</summary>
    public bool Supervises { get; init; }

    /// <summary>Whether a gateway may show the silo in Orleans' own dashboard. Off unless set.</summary>
    public bool OrleansDashboard { get; init; }

    /// <summary>Writes a log of the silo to <c>silo.log</c> in the data folder. Off unless set.</summary>
    public bool Log { get; init; }
}
