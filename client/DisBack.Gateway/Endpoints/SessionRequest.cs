namespace DisBack.Gateway.Endpoints;

/// <summary>Begins a browser's session.</summary>
/// <param name="Token">The token that it keeps.</param>
internal sealed record SessionRequest(string? Token);
