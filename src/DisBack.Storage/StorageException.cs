namespace DisBack.Storage;

/// <summary>
/// A storage failure that its reader can do something about: the message says in one sentence what is wrong, where, and what to do.
/// </summary>
/// <param name="message">One sentence: what, where, and the way out.</param>
/// <param name="inner">The technical cause, if there is one.</param>
public class StorageException(string message, Exception? inner = null) : DisBackException(message, inner);

/// <summary>A stored document is not what its readers expect; reading it again will not help.</summary>
/// <param name="message">Which document, what is wrong with it, and the way out.</param>
/// <param name="inner">What the parser reported.</param>
public sealed class CorruptDocumentException(string message, Exception? inner = null) : StorageException(message, inner);
