using System.Text.Json;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage;

namespace DisBack.Client.Http;

/// <summary>What a gateway and its clients agree on: where things are and how they are written.</summary>
public static class Api
{
    /// <summary>The start of every path; a change that old clients would misread gets another one.</summary>
    public const string Prefix = "api/v1";

    /// <summary>The event of a watch that only shows that the connection works.</summary>
    public const string KeepAliveEvent = "alive";

    /// <summary>How often a watch says something, at the least.</summary>
    public static readonly TimeSpan KeepAlivePeriod = TimeSpan.FromSeconds(3);

    /// <summary>Holds that period of a gateway in seconds, so that it may be another one in another version.</summary>
    public const string KeepAliveHeader = "DisBack-Keep-Alive";

    /// <summary>Documents travel as they are stored, without the white space.</summary>
    public static JsonSerializerOptions Json { get; } = new(StorageJson.Options) { WriteIndented = false };

    /// <summary>The path of what owns a run, below <see cref="Prefix"/>.</summary>
    public static string PathOf(RunId run) => $"{CollectionOf(run.Kind)}/{string.Join('/', run.Owner.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>The path of all searches, below <see cref="Prefix"/>.</summary>
    public const string Sweeps = "sweeps";

    /// <summary>The path of a search, below <see cref="Prefix"/>.</summary>
    public static string PathOfSweep(string id) => $"{Sweeps}/{Uri.EscapeDataString(id)}";

    /// <summary>The path of all tables, below <see cref="Prefix"/>.</summary>
    public const string Tables = "tables";

    /// <summary>The path of curves, below <see cref="Prefix"/>.</summary>
    public const string Curves = "curves";

    /// <summary>The path of all models of pictures, below <see cref="Prefix"/>.</summary>
    public const string Models = "models";

    /// <summary>The path of a model of pictures, below <see cref="Prefix"/>.</summary>
    public static string PathOfModel(string name) => $"{Models}/{Uri.EscapeDataString(name)}";

    /// <summary>The path of all drawings, below <see cref="Prefix"/>.</summary>
    public const string Drawings = "drawings";

    /// <summary>The path of a drawing, below <see cref="Prefix"/>.</summary>
    public static string PathOfDrawing(string id) => $"{Drawings}/{Uri.EscapeDataString(id)}";

    /// <summary>The path of all owners of a kind of runs, below <see cref="Prefix"/>.</summary>
    public static string CollectionOf(RunKind kind) => RunKinds.Of(kind).Collection;
}

/// <summary>A part of a list.</summary>
/// <param name="Items">The part.</param>
/// <param name="Next">What to give as <c>after</c> for the next part; null after the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>An experiment that is submitted, or a teacher that is to be trained.</summary>
/// <param name="Spec">The spec, in JSON or YAML.</param>
/// <param name="Teacher">The weights of the experiment's teacher, already stored; null finds them by the name in the spec.</param>
public sealed record Submission(string Spec, ContentRef? Teacher = null);

/// <summary>What a complete run is to make again.</summary>
/// <param name="Lost">Digests of contents that are missing or damaged.</param>
public sealed record Repair(IReadOnlyList<string> Lost);

/// <summary>How the tags of a run change.</summary>
/// <param name="Add">Tags that it gets.</param>
/// <param name="Remove">Tags that it loses.</param>
public sealed record TagChange(IReadOnlyList<string>? Add, IReadOnlyList<string>? Remove = null);

/// <summary>What became of a submission.</summary>
/// <param name="Id">Id of the run.</param>
public sealed record Submitted(string Id);

/// <summary>Parts of a content that travel one by one: those that have arrived, or those that the content is to be made of, in their order.</summary>
/// <param name="Parts">The digest and the length of each.</param>
public sealed record ListedParts(IReadOnlyList<ContentRef> Parts);

/// <summary>Pictures of prompts that are to be drawn.</summary>
/// <param name="Request">What is drawn.</param>
/// <param name="Id">The id that the drawing is to have, 32 hexadecimal digits: sending it again changes nothing. Null has the gateway choose one.</param>
public sealed record DrawingSubmission(DrawingRequest Request, string? Id = null);

/// <summary>A drawing, and where its pictures are.</summary>
/// <param name="Drawing">The drawing as it is now.</param>
/// <param name="Links">The path of each picture that is there, in the order of the pictures.</param>
public sealed record DrawingAnswer(DrawingView Drawing, IReadOnlyList<string> Links);
