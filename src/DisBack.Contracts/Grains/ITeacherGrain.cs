using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>A teacher's weights and provenance, and its training where it is trained here. Key: the teacher's name.</summary>
[Alias("disback.ITeacherGrain")]
public interface ITeacherGrain : IRun, IRunOwner
{
    /// <summary>Registers weights that exist. The same weights again change nothing; other weights under a taken name are refused.</summary>
    /// <returns>The document; compare its weights with those offered to see a refusal.</returns>
    [Alias("Register")]
    Task<TeacherDocument> RegisterAsync(TeacherRegistration registration);

    /// <summary>
    /// Trains from a teacher spec. Repeating it has the run advanced again. Another spec takes the place of a training that failed or was cancelled without
    /// weights; under a name that is taken otherwise it is refused.
    /// </summary>
    /// <returns>The document; compare its spec with the one offered to see a refusal.</returns>
    [Alias("Train")]
    Task<TeacherDocument> TrainAsync(string spec);

    /// <summary>The document as it is now.</summary>
    [Alias("Get")]
    Task<TeacherDocument> GetAsync();
}

/// <summary>Weights offered as a teacher.</summary>
/// <param name="Weights">The safetensors file, already in the content store.</param>
/// <param name="Network">The network's settings as canonical JSON.</param>
/// <param name="Provenance">Where they come from, for people.</param>
/// <param name="Licence">Their licence, for people; null or empty where it is not known.</param>
[GenerateSerializer, Immutable, Alias("disback.TeacherRegistration.v1")]
public sealed record TeacherRegistration(
    [property: Id(0)] ContentRef Weights, [property: Id(1)] string Network, [property: Id(2)] string Provenance, [property: Id(3)] string? Licence = null);
