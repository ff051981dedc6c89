package io.spindrift.restore;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.replica.DamagedObjectException;
import io.spindrift.replica.SegmentName;

/**
 * What one segment makes of a database that is known by the checksums of its pages: the rolling checksum afterwards. The
 * database is brought there, or left as it was. Takes no memory of its own. Not thread-safe.
 */
public final class PageEffect {
    private static final long FLAG = 1L << 63;

    private final SegmentName name;
    private final LtxHeader header;
    private final PageChecksums database;
    private final boolean keep;
    private final int pagesBefore;
    private final int lockPage;
    private long xor;
    private int lastNewPage;

    /**
     * Begins.
     *
     * @param database what the segment applies to
     * @param keep whether the database is brought to where the segment leads
     * @throws DamagedObjectException if the page size is another
     */
    public PageEffect(SegmentName name, LtxHeader header, PageChecksums database, boolean keep)
            throws DamagedObjectException {
        if (header.pageSize() != database.pageSize()) {
            throw new DamagedObjectException("Segment " + name + " has pages of " + header.pageSize()
                    + " bytes, the database before it has pages of " + database.pageSize()
                    + "; a page size cannot change within a replica");
        }
        this.name = name;
        this.header = header;
        this.database = database;
        this.keep = keep;
        this.pagesBefore = database.pages();
        this.lockPage = PageChecksums.lockPage(header.pageSize());
        this.xor = database.rolling() & ~FLAG;
        this.lastNewPage = pagesBefore;
    }

    /**
     * Adds the segment's next page.
     *
     * @throws DamagedObjectException if a new page is left out; what the database was given does not exceed what was read
     */
    public void add(int pageNumber, byte[] page) throws DamagedObjectException {
        long checksum = PageChecksums.ofPage(pageNumber, page);
        if (pageNumber > pagesBefore) {
            requireNext(pageNumber);
            lastNewPage = pageNumber;
        }
        xor ^= pageNumber > pagesBefore ? checksum : database.of(pageNumber) ^ checksum;
        if (keep) {
            database.set(pageNumber, checksum);
        }
    }

    /**
     * Ends.
     *
     * @return the rolling checksum after the whole segment
     * @throws DamagedObjectException if the segment grows the database and new pages are left out
     */
    public long finish() throws DamagedObjectException {
        requireNext(header.pages() + 1L);
        for (int page = header.pages() + 1; page <= pagesBefore; page++) {
            xor ^= database.of(page);
        }
        if (keep) {
            database.resize(header.pages());
        }
        return header.pages() == 0 ? 0 : xor | FLAG;
    }

    /** A segment that grows the database holds every new page. */
    private void requireNext(long newPage) throws DamagedObjectException {
        long next = lastNewPage + 1L;
        long expected = next == lockPage ? next + 1 : next;
        if (newPage > expected) {
            throw new DamagedObjectException("Segment " + name + " grows the database from " + pagesBefore + " to "
                    + header.pages() + " pages but lacks page " + expected + "; the object is damaged");
        }
    }
}
