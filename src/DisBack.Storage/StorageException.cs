namespace DisBack.Storage;

/// <summary>
/// A storage failure that its reader can do something about: the message says in one sentence what is wrong, where, and what to do.
/// </summary>
/// <param name="message">One sentence: what, where, and the way out.</param>
/// <param name="inner">The technical cause, if there is one.</param>
public class StorageException(string message, Exception? inner = null) : Exception(message, inner);
