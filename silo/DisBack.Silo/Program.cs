using DisBack.Diffusion;
using DisBack.Silo;

if (args.Contains(Supervisor.Flag))
    return await Supervisor.RunAsync([.. args.Where(argument => argument != Supervisor.Flag)]);
try
{
    return await SiloHost.RunAsync(args);
}
catch (Exception e) when (e is DisBackException or Microsoft.Extensions.Options.OptionsValidationException)
{
    await Console.Error.WriteLineAsync($"disback-silo: {e.Message}");
    return ExitCodes.Refused;
}
