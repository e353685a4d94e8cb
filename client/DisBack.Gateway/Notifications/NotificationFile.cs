using DisBack.ReadModel;
using DisBack.Specs.Files;
using DisBack.Specs.Reading;

namespace DisBack.Gateway.Notifications;

/// <summary>Reads a file of rules, and refuses what could not be followed with the place of each mistake.</summary>
internal static class NotificationFile
{
    private const long MostBytes = 1 << 20;
    private const long MostSecretBytes = 64 << 10;

    /// <summary>The rules of a file, with their secrets.</summary>
    /// <exception cref="DisBackException">It cannot be read, or a rule of it cannot be followed.</exception>
    public static IReadOnlyList<Rule> Read(string path) => Parse(RegularFile.ReadAllBytes(path, MostBytes), path);

    /// <summary>The rules in the bytes of a file.</summary>
    /// <param name="bytes">The YAML.</param>
    /// <param name="path">The file: what messages call it, and where the files of secrets are seen from.</param>
    public static IReadOnlyList<Rule> Parse(byte[] bytes, string path)
    {
        var located = SpecReader.ParseLocated<NotificationRules>(SpecReader.Decode(bytes, path), path);
        return located.Check(() =>
        {
            var (file, folder) = (located.Spec, Path.GetDirectoryName(Path.GetFullPath(path))!);
            RefuseTwins(file.Rules);
            var dashboard = file.Dashboard is null ? null : Address(file.Dashboard.TrimEnd('/') + '/', "dashboard");
            return (IReadOnlyList<Rule>)[.. file.Rules.Select((rule, index) => RuleOf(rule, $"rules[{index}]", folder, dashboard))];
        });
    }

    private static Rule RuleOf(RuleSettings rule, string key, string folder, Uri? dashboard)
    {
        var target = Address(rule.Url, $"{key}.url");
        foreach (var subject in rule.Where is null ? [] : rule.Of)
        {
            RefuseFilter(rule.Where!, subject, $"{key}.where");
        }
        return new Rule(rule, target, SignerOf(Path.Combine(folder, rule.SecretFile), $"{key}.secret_file"), dashboard);
    }

    private static void RefuseTwins(IReadOnlyList<RuleSettings> rules)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, rule) in rules.Index())
        {
            if (!names.Add(rule.Name))
            {
                throw new SpecMistakeException($"rules[{index}].name", $"there is a rule '{rule.Name}' already; give each rule a name of its own");
            }
        }
    }

    private static Uri Address(string text, string key) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.UserInfo.Length == 0
            ? address
            : throw new SpecMistakeException(key, $"'{key}' is no address; give one that begins with https:// or http:// and names no user");

    private static void RefuseFilter(string filter, Subject subject, string key)
    {
        try
        {
            DocumentReadModel.CheckFilter(subject.Table(), filter);
        }
        catch (DisBackException wrong)
        {
            throw new SpecMistakeException(
                key, $"{wrong.Message.TrimEnd('.')}; name in 'of' what the filter is meant for, and keys of specs in full, as param.seed", wrong);
        }
    }

    private static WebhookSigner SignerOf(string file, string key)
    {
        try
        {
            // Nothing of what is in it goes into a message.
            return WebhookSigner.Parse(SpecReader.Decode(RegularFile.ReadAllBytes(file, MostSecretBytes), file)) ?? throw new SpecMistakeException(
                key, $"'{file}' holds no secret of at least 24 bytes in each line; make one with 'openssl rand -base64 32 > {file}'");
        }
        catch (DisBackException unreadable) when (unreadable is not SpecMistakeException)
        {
            throw new SpecMistakeException(key, $"the secret cannot be read: {unreadable.Message.TrimEnd('.')}", unreadable);
        }
    }
}
