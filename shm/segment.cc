// SPDX-License-Identifier: ISC
#include "shm/segment.h"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lns::shm {

namespace bip = boost::interprocess;

namespace {

constexpr std::uint64_t kMagic = 0x6c3274706e735348; // "l2tpnsSH"
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kDataOffset = 4096;

struct SegmentHeader {
    std::uint64_t magic;
    std::array<char, 40> boot_id;
    std::uint32_t version;
    std::uint32_t table;
    std::uint64_t cell_size;
    std::uint64_t records;
    std::uint64_t layout;
};

std::array<char, 40> boot_id_octets() {
    std::array<char, 40> id{};
    const UniqueFd fd(open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    if (fd) [[maybe_unused]]
        const ssize_t ignored = read(fd.get(), id.data(), 36);
    return id;
}

std::string rundir_tag(const std::string& rundir) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : rundir)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    std::array<char, 32> text{};
    snprintf(text.data(), text.size(), "l2tpns-%016llx-", static_cast<unsigned long long>(hash));
    return text.data();
}

// What mapped_region asks of a memory object, for a descriptor that came by a message.
class DescriptorMemory {
public:
    DescriptorMemory(int fd, bip::mode_t mode) : fd_(fd), mode_(mode) {}
    [[nodiscard]] bip::mapping_handle_t get_mapping_handle() const { return {fd_, false}; }
    [[nodiscard]] bip::mode_t get_mode() const { return mode_; }

private:
    int fd_;
    bip::mode_t mode_;
};

SegmentHeader make_header(TableId id, const TableSizes& sizes) {
    const TableDef& def = table_def(id);
    return {kMagic,        boot_id_octets(),        kVersion,  static_cast<std::uint32_t>(id),
            def.cell_size, record_count(id, sizes), def.layout};
}

Failure<Error> system_failure(const std::string& what) { return failure(what + ": " + strerror(errno)); }

const char* judge(const SegmentHeader& header, TableId id, std::uint64_t bytes) {
    const TableDef& def = table_def(id);
    if (header.magic != kMagic || header.table != static_cast<std::uint32_t>(id)) return "not this table";
    if (header.version != kVersion || header.layout != def.layout || header.cell_size != def.cell_size)
        return "of another layout";
    const std::uint64_t cells = (bytes - kDataOffset) / header.cell_size;
    if (cells < def.second || header.records > cells - def.second) return "shorter than it says";
    return nullptr;
}

} // namespace

std::string boot_id() { return boot_id_octets().data(); }

std::string segment_name(const std::string& rundir, TableId id, std::uint16_t instance) {
    return rundir_tag(rundir) + std::string(table_def(id).name) + "-" + std::to_string(instance);
}

Result<Segment> create_segment(const std::string& rundir, TableId id, std::uint16_t instance, const TableSizes& sizes) {
    Segment segment{id, instance, segment_name(rundir, id, instance), {}, {}};
    const SegmentHeader header = make_header(id, sizes);
    try {
        bip::shared_memory_object::remove(segment.name.c_str());
        bip::permissions owner_only(0600);
        bip::shared_memory_object object(bip::create_only, segment.name.c_str(), bip::read_write, owner_only);
        object.truncate(static_cast<bip::offset_t>(kDataOffset + table_bytes(id, header.records)));
        const int fd = object.get_mapping_handle().handle;
        segment.writable.reset(fcntl(fd, F_DUPFD_CLOEXEC, 3));
        if (pwrite(fd, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header))
            return system_failure("shared memory " + segment.name);
    } catch (const bip::interprocess_exception& e) {
        return failure("shared memory " + segment.name + ": " + e.what());
    }
    segment.read_only.reset(shm_open(("/" + segment.name).c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!segment.read_only) return system_failure("shared memory " + segment.name);
    return segment;
}

bool segment_exists(const std::string& rundir, TableId id, std::uint16_t instance) {
    return access(("/dev/shm/" + segment_name(rundir, id, instance)).c_str(), F_OK) == 0;
}

Result<Segment> open_segment(const std::string& rundir, TableId id, std::uint16_t instance, const TableSizes& sizes) {
    Segment segment{id, instance, segment_name(rundir, id, instance), {}, {}};
    const std::string path = "/" + segment.name;
    segment.writable.reset(shm_open(path.c_str(), O_RDWR | O_CLOEXEC, 0));
    segment.read_only.reset(shm_open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    struct stat status {};
    struct stat same {};
    if (!segment.writable || !segment.read_only || fstat(segment.writable.get(), &status) != 0 ||
        fstat(segment.read_only.get(), &same) != 0)
        return system_failure("shared memory " + segment.name);
    const auto unfit = [&segment](const char* why) { return failure("shared memory " + segment.name + ": " + why); };
    // Anybody may make files in /dev/shm.
    if (status.st_ino != same.st_ino || status.st_uid != geteuid() || (status.st_mode & 07777) != 0600)
        return unfit("not ours");
    const SegmentHeader wanted = make_header(id, sizes);
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    SegmentHeader header{};
    if (bytes < kDataOffset || pread(segment.writable.get(), &header, sizeof header, 0) != sizeof header)
        return unfit("too short");
    if (header.boot_id != wanted.boot_id) return unfit("of an earlier boot");
    if (const char* why = judge(header, id, bytes)) return unfit(why);
    if (header.records != wanted.records) return unfit("of another size");
    return segment;
}

TableMemory memory_of(const Segment& segment) {
    TableMemory memory{static_cast<std::uint16_t>(segment.id), segment.instance, 0, 0};
    SegmentHeader header{};
    struct stat status {};
    if (fstat(segment.writable.get(), &status) != 0) return memory;
    if (pread(segment.writable.get(), &header, sizeof header, 0) != sizeof header) return memory;
    memory.records = static_cast<std::uint32_t>(header.records);
    memory.octets = static_cast<std::uint64_t>(status.st_blocks) * 512; // of which st_blocks is a number, everywhere
    return memory;
}

void remove_segment(const std::string& name) { bip::shared_memory_object::remove(name.c_str()); }

void remove_all_segments(const std::string& rundir) {
    const std::string tag = rundir_tag(rundir);
    DIR* directory = opendir("/dev/shm");
    if (directory == nullptr) return;
    while (const dirent* entry = readdir(directory))
        if (std::string(entry->d_name).starts_with(tag)) remove_segment(entry->d_name);
    closedir(directory);
}

struct Mapping::Impl {
    bip::mapped_region region;
    std::uint64_t records;
};

Result<Mapping> Mapping::map(int fd, TableId id, bool writable) {
    struct stat status {};
    if (fstat(fd, &status) != 0) return system_failure("table");
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    const std::string name(table_def(id).name);
    if (bytes < kDataOffset) return failure("table " + name + ": too short");
    try {
        const auto mode = writable ? bip::read_write : bip::read_only;
        auto impl = std::make_unique<Impl>(Impl{bip::mapped_region(DescriptorMemory(fd, mode), mode), 0});
        SegmentHeader header{};
        memcpy(&header, impl->region.get_address(), sizeof header);
        if (const char* why = judge(header, id, bytes)) return failure("table " + name + ": " + why);
        impl->records = header.records;
        return Mapping(std::move(impl));
    } catch (const bip::interprocess_exception& e) {
        return failure("table " + name + ": " + e.what());
    }
}

Mapping::Mapping() = default;
Mapping::Mapping(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;
Mapping::~Mapping() = default;

std::uint64_t Mapping::records() const { return impl_ ? impl_->records : 0; }
bool Mapping::make_read_only() {
    return impl_ && mprotect(impl_->region.get_address(), impl_->region.get_size(), PROT_READ) == 0;
}
void* Mapping::data() const {
    return impl_ ? static_cast<std::uint8_t*>(impl_->region.get_address()) + kDataOffset : nullptr;
}

} // namespace lns::shm
