namespace DisBack.Client;

/// <summary>A cluster does not answer, or answers that it cannot work now; trying again later may help.</summary>
/// <param name="message">One sentence: who does not answer, and what to do.</param>
/// <param name="inner">What happened, if something did.</param>
public sealed class ClusterUnavailableException(string message, Exception? inner = null) : DisBackException(message, inner);

/// <summary>A cluster does not know who asks, or does not let them.</summary>
/// <param name="message">One sentence: what is not permitted, and what to do.</param>
public sealed class NotPermittedException(string message) : DisBackException(message);
