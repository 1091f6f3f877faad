// SPDX-License-Identifier: ISC
// RFC 2661 4.4.6, 5.4: a LAC that requires sequence numbers. datapathd, which is the rig, numbers what sessiond hands
// it.
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;

class SequencingTest : public testing::Test {
protected:
    explicit SequencingTest() : joe_(&rig_.online(site_, "joe")), sid_(rig_.index_of(*joe_)) {}

    // Frames that datapathd has numbered since, each one above that before.
    void expect_one_numbering() const {
        for (std::size_t i = 0; i < rig_.numbers.size(); ++i)
            ASSERT_EQ(rig_.numbers[i], i);
    }
    // An LCP Echo-Request of the subscriber, and the answer.
    void expect_echo() {
        joe_->frames.clear();
        joe_->say(ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::EchoRequest, 7, Octets(4))));
        EXPECT_TRUE(rig_.until([&] { return joe_->got(ppp::Protocol::LCP, 10); }));
    }

    Rig rig_{{.config = [](conf::Config& config) { config.l2tp_mtu = 1500; }, .numbers = true}};
    LacSite& site_ = rig_.lac_up({.calls = 0, .sequencing = true});
    Subscriber* joe_;
    SessionIndex sid_;
};

TEST_F(SequencingTest, EveryFrameOfTheCallIsNumberedByDatapathd) {
    EXPECT_GT(rig_.numbers.size(), 4U) << "LCP, PAP, IPCP";
    EXPECT_EQ(rig_.count(Counter::relayed_out), rig_.numbers.size());
    EXPECT_EQ(rig_.count(Counter::calls_sequenced), 1U);
    expect_one_numbering();
}

TEST_F(SequencingTest, TheSessionIsOneForUserSpaceAndLeavesRoomForTheNumbers) {
    EXPECT_EQ(rig_.forward(sid_).flags, shm::kSequenced);
    EXPECT_FALSE(rig_.forward(sid_).is_plain());
    EXPECT_EQ(rig_.forward(sid_).mru, 1500 - 20 - 8 - 10 - 4);
}

TEST_F(SequencingTest, OtherFlagsComeAndGoBesideIt) {
    imsg::ServiceChange change{};
    change.named = imsg::kNamedSnoop;
    change.snoop_address = Ipv4{0xc0000207};
    change.snoop_port = 9;
    rig_.cli().send(imsg::ChangeServices{7, raw(sid_), 0, change});
    EXPECT_TRUE(rig_.until([&] { return rig_.forward(sid_).flags == (shm::kSequenced | shm::kSnooped); }));
    change.snoop_address = {};
    rig_.cli().send(imsg::ChangeServices{7, raw(sid_), 0, change});
    EXPECT_TRUE(rig_.until([&] { return rig_.forward(sid_).flags == shm::kSequenced; }));
}

TEST_F(SequencingTest, TheNumberingGoesOnWhenSessiondDies) {
    rig_.restart();
    expect_echo();
    expect_one_numbering();
    EXPECT_EQ(rig_.forward(sid_).flags, shm::kSequenced);
}

TEST_F(SequencingTest, AndWithTheStateOfAnEarlierBoot) {
    const std::size_t before = rig_.numbers.size();
    rig_.new_boot(rig_.save_state());
    sid_ = rig_.index_of(*joe_);
    ASSERT_TRUE(rig_.until([&] { return rig_.forward(sid_).state == shm::ForwardState::active; }));
    EXPECT_EQ(rig_.forward(sid_).flags, shm::kSequenced);
    expect_echo();
    EXPECT_GT(rig_.numbers.size(), before);
    expect_one_numbering();
}

TEST(Sequencing, OfALacThatDoesNotRequireItNothingIsHandedOver) {
    Rig rig{{.numbers = true}};
    LacSite& site = rig.lac_up();
    const SessionIndex sid = rig.index_of(rig.online(site, "joe"));
    EXPECT_TRUE(rig.numbers.empty());
    EXPECT_TRUE(rig.forward(sid).is_plain());
}

} // namespace
} // namespace lns::sessiond
