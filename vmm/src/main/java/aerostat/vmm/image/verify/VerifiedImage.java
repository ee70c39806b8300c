package aerostat.vmm.image.verify;

import java.util.Map;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.Frame;

/**
 * An image that obeys all rules that can be checked before rewriting.
 *
 * @param model classes and names
 * @param frames for each method with code: the frame before each instruction, null where nothing
 *     gets to
 */
public record VerifiedImage(ImageModel model, Map<GuestMethod, Frame<BasicValue>[]> frames) {}
