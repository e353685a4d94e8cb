using System.Text.Json.Serialization;

namespace DisBack.Client;

/// <summary>The content of a <see cref="MirrorFile{TItem}"/>.</summary>
/// <param name="Build">Which build wrote it.</param>
/// <param name="Entries">By the keys of the documents.</param>
internal sealed record MirrorContent<TItem>(Guid Build, Dictionary<string, MirrorEntry<TItem>> Entries);

/// <summary>What is kept of one document.</summary>
/// <param name="ETag">The document's version.</param>
/// <param name="Item">What lists show of it.</param>
internal sealed record MirrorEntry<TItem>(string ETag, TItem Item);

/// <summary>Writes and reads the summaries of runs.</summary>
[JsonSerializable(typeof(MirrorContent<RunSummary>))]
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
internal sealed partial class MirrorJson : JsonSerializerContext;
