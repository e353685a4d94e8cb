using DisBack.Gateway.Security;

namespace DisBack.Gateway.Endpoints;

/// <summary>Who asks, and what the gateway lets them do.</summary>
/// <param name="Name">Whose token it is; where no token is needed, this machine.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Admission">Who is let in here.</param>
/// <param name="Version">The version of the gateway.</param>
internal sealed record Session(string Name, Role Role, Admission Admission, string Version);
