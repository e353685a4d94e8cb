using System.Text;
using DisBack.Gateway.Notifications;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>Signatures as Standard Webhooks make them.</summary>
public sealed class WebhookSignerTests
{
    [Fact]
    public void A_signature_is_the_one_that_the_libraries_of_others_make()
    {
        var signer = WebhookSigner.Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")!;
        var time = DateTimeOffset.FromUnixTimeSeconds(1614265330);
        Assert.Equal("1614265330", WebhookSigner.SecondsOf(time));
        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            signer.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time, "{\"test\": 2432232314}"u8));
    }

    [Fact]
    public void Each_secret_of_a_file_signs_so_that_receivers_can_change_over()
    {
        var (old, young) = (new string('o', 24), new string('y', 24));
        var both = WebhookSigner.Parse($"{young}\n{old}\n")!.Sign("id", DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes("{}"));
        Assert.Equal([SignedBy(young), SignedBy(old)], both.Split(' '));

        static string SignedBy(string secret) => WebhookSigner.Parse(secret)!.Sign("id", DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes("{}"));
    }
}
