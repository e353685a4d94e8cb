using DisBack.Silo;
using DisBack.Storage;

try
{
    if (args.Contains(Supervisor.Flag))
    {
        return await Supervisor.RunAsync([.. args.Where(argument => argument != Supervisor.Flag)]);
    }
    return await SiloHost.RunAsync(args);
}
catch (Exception e) when (e is (DisBackException and not StorageException) or Microsoft.Extensions.Options.OptionsValidationException)
{
    await Console.Error.WriteLineAsync($"disback-silo: {e.Message}");
    return ExitCodes.Refused;
}
catch (OperationCanceledException)
{
    // Asked to stop while it was starting.
    return ExitCodes.Stopped;
}
catch (Exception e)
{
    // The membership server or the blob store is away: the process supervisor tries again.
    await Console.Error.WriteLineAsync($"disback-silo: it cannot run now and is to be started again: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
    return ExitCodes.Restart;
}
