namespace DisBack.Client;

/// <summary>What a user named does not exist, or is not one thing.</summary>
/// <param name="message">One sentence with what is near, or with the candidates.</param>
public sealed class NotFoundException(string message) : DisBackException(message);
