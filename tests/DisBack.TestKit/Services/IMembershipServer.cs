namespace DisBack.TestKit.Services;

/// <summary>Who keeps the membership and the reminders of a test's cluster, as silos find it and as faults hit it.</summary>
public interface IMembershipServer : IAsyncDisposable
{
    /// <summary>The configuration of silos and gateways that names it, <c>Section:Key</c> to value.</summary>
    IReadOnlyDictionary<string, string> Configuration { get; }

    /// <summary>Lets a client find the silos.</summary>
    void Serve(IClientBuilder client);

    /// <summary>Ends it; what it has acknowledged it has when it is started again.</summary>
    Task EndAsync();

    /// <summary>Starts it again where it was; ends it first if it runs.</summary>
    Task RestartAsync();

    /// <summary>It forgets everything, and goes on.</summary>
    Task ForgetAsync();

    /// <summary>Makes it fail for a while, in one of the ways in which such a service fails.</summary>
    /// <param name="choice">Chooses among the ways.</param>
    /// <param name="length">How long.</param>
    /// <returns>What was done, for people.</returns>
    Task<string> FailAsync(int choice, TimeSpan length);
}
