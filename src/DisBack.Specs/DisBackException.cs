namespace DisBack.Specs;

/// <summary>
/// A failure that its reader can do something about: the message says in one sentence what is wrong, where, and what to do. Front ends show
/// the message alone; any other exception is a defect and is shown with its stack.
/// </summary>
/// <param name="message">One sentence: what, where, and the way out.</param>
/// <param name="inner">The technical cause, if there is one.</param>
public class DisBackException(string message, Exception? inner = null) : Exception(message, inner);
