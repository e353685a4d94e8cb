using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>Work that a cluster does while faults hit it.</summary>
internal interface ISoakLoad
{
    /// <summary>Finds out what must come of it, where nothing goes wrong.</summary>
    Task PrepareAsync();

    /// <summary>Has the cluster work until the faults are over, and what was begun has ended.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="report">Told what must not have happened, a sentence each.</param>
    /// <param name="over">Cancelled when the faults are over.</param>
    Task FeedAsync(TestCluster cluster, Action<string> report, CancellationToken over);
}
