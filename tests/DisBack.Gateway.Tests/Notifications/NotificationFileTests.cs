using System.Text;
using DisBack.Gateway.Notifications;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>What a file of rules may say, and that anything else is refused with its place.</summary>
public sealed class NotificationFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-rules-").FullName;

    public NotificationFileTests()
    {
        File.WriteAllText(Path.Combine(_folder, "secret"), new string('s', 40));
        File.WriteAllText(Path.Combine(_folder, "short"), "too-short-a-secret");
        File.WriteAllText(Path.Combine(_folder, "no-base64"), WebhookSigner.Mark + "###########################################");
        File.WriteAllText(Path.Combine(_folder, "empty"), " \n\n");
    }

    private string RulesFile => Path.Combine(_folder, "notifications.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rules_are_read_with_their_defaults()
    {
        var rules = Parse("""
            rules:
              - { name: a, url: 'https://example.org/x', secret_file: secret, on: [failed] }
              - { name: b, url: 'http://127.0.0.1:1', secret_file: secret, of: [runs], on: [completed, paused], where: tags = 'nightly' }
            """);
        Assert.Equal(["a", "b"], rules.Select(rule => rule.Name));
        Assert.Equal(Enum.GetValues<Subject>(), rules[0].Of);
        Assert.Equal((null, "tags = 'nightly'"), (rules[0].Where, rules[1].Where));
        Assert.Null(rules[0].LinkTo(Subject.Runs, "x/0000"));
    }

    [Fact]
    public void Links_lead_to_the_dashboard_wherever_it_is_served()
    {
        var rule = Assert.Single(Parse("""
            dashboard: https://example.org/disback
            rules: [{ name: a, url: 'https://example.org/x', secret_file: secret, on: [failed] }]
            """));
        Assert.Equal("https://example.org/disback/sweeps/x-1", rule.LinkTo(Subject.Sweeps, "x-1"));
        Assert.Equal("https://example.org/disback/runs/x%3F/0000", rule.LinkTo(Subject.Runs, "x?/0000"));
    }

    [Theory]
    [InlineData("name: A", "3:13: 'rules[1].name' is 'A'; expected a name")]
    [InlineData("name: a, url: 'ftp://example.org'", "3:21: 'rules[1].url' is no address; give one that begins with https:// or http://")]
    [InlineData("name: a, url: example.org/x", "is no address")]
    [InlineData("name: a, url: 'http://me:word@example.org'", "names no user")]
    [InlineData("name: a, on: [finished]", "is 'finished'; expected one of pending")]
    [InlineData("name: a, of: [run]", "is 'run'; expected one of runs, sweeps, trajectories, teachers; did you mean 'runs'?")]
    [InlineData("name: a, of: []", "'rules[1].of' has 0 values; expected a list of at least 1 values")]
    [InlineData("name: a, where: fid <", "position 6: unexpected end")]
    [InlineData("name: a, of: [runs], where: fdi < 5", "The table runs has no column 'fdi', at position 1 of the filter; did you mean 'fid'")]
    [InlineData("name: a, where: fid < 5", "The table sweeps has no column 'fid', at position 1 of the filter")]
    [InlineData("name: a, secret_file: none", "3:29: the secret cannot be read: There is no file")]
    [InlineData("name: a, secret_file: short", "holds no secret of at least 24 bytes in each line; make one with 'openssl rand -base64 32")]
    [InlineData("name: a, secret_file: no-base64", "holds no secret")]
    [InlineData("name: a, secret_file: empty", "holds no secret")]
    [InlineData("name: a, secret: x", "'secret'")]
    [InlineData("name: twice", "there is a rule 'twice' already")]
    public void A_mistake_is_told_in_one_line_with_its_place_and_without_a_secret(string rule, string sentence)
    {
        foreach (var (key, value) in new[] { ("url", "'https://example.org/hook'"), ("secret_file", "secret"), ("on", "[failed]") })
        {
            rule += rule.Contains($"{key}:", StringComparison.Ordinal) ? "" : $", {key}: {value}";
        }
        var refused = Assert.Throws<Specs.Reading.SpecException>(() => Parse(
            $"rules:\n  - {{ name: twice, url: 'https://example.org', secret_file: secret, on: [failed] }}\n  - {{ {rule} }}"));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.StartsWith($"{RulesFile}:3:", refused.Message, StringComparison.Ordinal);
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("too-short-a-secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_rules_or_none_at_all_is_refused()
    {
        Assert.Contains("rules", Assert.Throws<Specs.Reading.SpecException>(() => Parse("dashboard: https://example.org")).Message);
        Assert.Contains("There is no file", Assert.Throws<DisBackException>(() => NotificationFile.Read(RulesFile)).Message);
    }

    private IReadOnlyList<Rule> Parse(string yaml) => NotificationFile.Parse(Encoding.UTF8.GetBytes(yaml), RulesFile);
}
