using System.Runtime.InteropServices;
using DisBack.Orchestration.Training;
using DisBack.Storage;

namespace DisBack.Orchestration.Tests.Training;

public sealed class FailureTextTests
{
    [Fact]
    public void It_begins_with_the_sentence_of_the_outcome_and_has_every_cause_with_its_trace()
    {
        var text = FailureText.Of(Thrown(new StorageException("It cannot be stored.", Thrown(new IOException("The disk is full.")))));

        var lines = text.Split('\n');
        Assert.Equal("It cannot be stored.", lines[0]);
        Assert.Equal("DisBack.Storage.StorageException: It cannot be stored.", lines[1]);
        Assert.Contains("caused by System.IO.IOException: The disk is full.", lines);
        Assert.Equal(2, lines.Count(line => line.Contains("FailureTextTests.Thrown[T](", StringComparison.Ordinal)));
        // The folders of the machine that built it are nobody's business; the name of the file and the line are.
        Assert.DoesNotContain(lines, line => line.Contains('/', StringComparison.Ordinal));
        Assert.Contains(" in FailureTextTests.cs:line ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_of_several_causes_is_there_and_depth_is_bounded()
    {
        var text = FailureText.Of(new AggregateException(new IOException("One."), new IOException("Two.")));
        Assert.Contains("caused by System.IO.IOException: One.\ncaused by System.IO.IOException: Two.", text, StringComparison.Ordinal);

        Exception deep = new IOException("The deepest.");
        for (var depth = 0; depth < 1000; depth++)
        {
            deep = new IOException("Another.", deep);
        }
        Assert.Equal(11, FailureText.Of(deep).Split('\n').Length - 1);
    }

    [Fact]
    public void The_native_stack_of_libtorch_is_left_out()
    {
#pragma warning disable CA2201 // What TorchSharp throws.
        var text = FailureText.Of(new ExternalException("CUDA error: device lost\nException raised from here at /home/builder/c10.cpp:12:\nframe #0"));
#pragma warning restore CA2201
        Assert.DoesNotContain("builder", text, StringComparison.Ordinal);
        Assert.StartsWith("libtorch: CUDA error: device lost", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://a.example/c/b?sv=1&sig=ab%2Fc%3D&se=2", "https://a.example/c/b?sv=1&sig=***&se=2")]
    [InlineData("AccountName=me;AccountKey=abc==;EndpointSuffix=x", "AccountName=me;AccountKey=***;EndpointSuffix=x")]
    [InlineData("redis:6379,password=secret,ssl=true", "redis:6379,password=***")]
    [InlineData("The design=good is kept.", "The design=good is kept.")]
    public void Secrets_are_blotted_out(string text, string expected) => Assert.Equal(expected, FailureText.WithoutSecrets(text));

    private static T Thrown<T>(T failure)
        where T : Exception
    {
        try
        {
            throw failure;
        }
        catch (T thrown)
        {
            return thrown;
        }
    }
}
