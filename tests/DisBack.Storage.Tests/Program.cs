using DisBack.Storage.Tests.Kit;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// Without a verb, what xunit would have generated.
if (args is [RoleProcess.Verb, var role, .. var rest])
{
    return await ChildRoles.RunAsync(role, rest);
}
return args.Contains("--server") || args.Contains("--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, DisBack.Storage.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
